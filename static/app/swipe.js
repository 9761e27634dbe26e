// "Swipe to approve" (APR-3): a slider that must be drawn to its end. By keyboard it moves with the arrows and End;
// beside it stands a button that does the same.

const WHOLE = 98;
const LONGEST_STEP = 35; // of the way, at once: a finger that lands farther off taps, and does not draw

export function onSwiped(slider, act) {
  let before = 0;
  let isTap = false;
  let isByPointer = false;
  slider.addEventListener("pointerdown", () => {
    isByPointer = true;
    isTap = false;
    before = 0;
  });
  slider.addEventListener("keydown", () => {
    isByPointer = false;
  });
  slider.addEventListener("input", () => {
    isTap ||= isByPointer && Number(slider.value) - before > LONGEST_STEP;
    before = Number(slider.value);
  });
  slider.addEventListener("change", () => {
    const isWhole = Number(slider.value) >= WHOLE && !isTap;
    slider.value = 0;
    before = 0;
    isTap = false;
    if (isWhole) {
      act();
    }
  });
}
