/** The span since `time` as kubectl prints it: 5s, 2m3s, 4h5m, 3d, 2y (apimachinery, util/duration.HumanDuration). */
export function age(time: string | undefined, now: number): string {
  if (!time) return '<unknown>';
  const s = Math.floor((now - Date.parse(time)) / 1000);
  if (s < -1) return '<invalid>';
  if (s < 0) return '0s';
  if (s < 120) return `${s}s`;
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
  const m = Math.floor(s / 60);
  if (m < 10) return pair(m, 'm', s % 60, 's');
  if (m < 180) return `${m}m`;
  const h = Math.floor(m / 60);
  if (h < 8) return pair(h, 'h', m % 60, 'm');
  if (h < 48) return `${h}h`;
  const d = Math.floor(h / 24);
  if (d < 8) return pair(d, 'd', h % 24, 'h');
  if (d < 730) return `${d}d`;
  return d < 365 * 8 ? pair(Math.floor(d / 365), 'y', d % 365, 'd') : `${Math.floor(d / 365)}y`;
}
