/** Those who wait for what a run gives. */
export interface Attending {
  /** One more waits. Gives the function that says that they have left. */
  enter(): () => void;
  /** Asked before the work is given up because nobody is here: somebody may wait in another process. */
  isAttendedElsewhere?: (() => Promise<boolean>) | undefined;
}
