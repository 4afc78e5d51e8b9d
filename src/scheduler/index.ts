export { type Scheduler, type SchedulerConfig, startScheduler } from './scheduler.ts';
