export { type Scheduler, type SchedulerConfig, schedulerPage, startScheduler } from './scheduler.ts';
