/** I16: nothing grows. When every run is over, a worker has only its own loops left. */
export function tooManySleepers(sleeping: number, workers: number): readonly string[] {
  const most = 40 + 60 * workers;
  return sleeping <= most ? [] : [`I16: ${sleeping} wait for something, where all is over`];
}
