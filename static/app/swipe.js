// "Swipe to approve" (APR-3): a slider that must be drawn to its end. By keyboard it moves with the arrows and End;
// beside it stands a button that does the same.

const WHOLE = 98;

export function onSwiped(slider, act) {
  slider.addEventListener("change", () => {
    const isWhole = Number(slider.value) >= WHOLE;
    slider.value = 0;
    if (isWhole) {
      act();
    }
  });
}
