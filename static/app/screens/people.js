// Whose app is it? Several people may share a phone (AUT-3).

import { PersonsApp } from "../api.js";
import { go } from "../router.js";
import { addRow, onClick, show, words } from "../screen.js";
import * as store from "../store.js";

export async function showPeople({ link = null } = {}) {
  const known = await store.people();
  if (link?.kind === "copy") {
    go("enrolment", { copyToken: link.token });
    return;
  }
  if (known.length === 1 && link) {
    go("linked", new PersonsApp(known[0]), link);
    return;
  }
  const parts = show("people");
  parts.none.hidden = known.length > 0;
  parts.some.hidden = known.length === 0;
  parts.linked.hidden = !link || known.length === 0;
  parts.unlinked.hidden = !link || known.length > 0;
  for (const person of known) {
    const row = addRow(parts.list, { userId: person.userId, level: words(`level_${person.level}`) });
    row.open.addEventListener("click", () => {
      const app = new PersonsApp(person);
      if (link) {
        go("linked", app, link);
      } else {
        go("home", app);
      }
    });
  }
  onClick(parts.add, () => go("enrolment"), parts);
  onClick(
    parts.copy,
    () =>
      go("scan", {
        wanted: "copy",
        back: () => go("people"),
        found: (seen) => go("enrolment", { copyToken: seen.token }),
      }),
    parts,
  );
}
