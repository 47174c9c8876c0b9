/**
 * I16: nothing grows: with every run over, a worker has only its own loops, whatever it went
 * through.
 */
export function tooManySleepers(sleeping: number, workers: number): readonly string[] {
  const most = 40 + 60 * workers;
  return sleeping <= most ? [] : [`I16: ${sleeping} wait for something, where all is over`];
}
