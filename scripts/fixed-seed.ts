/** Property tests take the same cases in every run of the gate; on a developer's machine they take new ones each time, which is where they find things. */
import fc from "fast-check";

fc.configureGlobal({ seed: 20_261_123 });
