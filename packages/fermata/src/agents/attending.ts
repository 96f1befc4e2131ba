/** Those who wait for what a run gives. */
export interface Attending {
  /** One more waits. Gives the function that says that they have left. */
  enter(): () => void;
}
