// The alerts that came to the app, newest first.

import { addRow, onClick, show, tell, timeOf } from "../screen.js";
import { showHome } from "./home.js";

const A_PAGE = 20;

export async function showInbox(app) {
  const parts = show("inbox");
  onClick(parts.back, () => showHome(app), parts);
  let last = null;
  const more = async () => {
    const page = await app.inSession("inbox", { limit: A_PAGE, ...(last ? { before: last } : {}) });
    parts.none.hidden = last !== null || page.messages.length > 0;
    page.messages.forEach((message) => addMessage(app, parts, message));
    last = page.messages.at(-1)?.id ?? last;
    parts.older.hidden = page.is_last;
  };
  onClick(parts.older, more, parts);
  try {
    await more();
  } catch (problem) {
    if (problem.code === "session_ended") {
      showHome(app);
      return;
    }
    tell(parts, problem);
  }
}

function addMessage(app, parts, message) {
  const row = addRow(parts.list, { title: message.title, at: timeOf(message.at), text: message.text });
  row.unread.hidden = message.is_read;
  row.more.addEventListener("toggle", () => {
    if (row.more.open && !message.is_read) {
      message.is_read = true;
      row.unread.hidden = true;
      app.inSession(`inbox/${message.id}/read`).catch(() => null); // it stays unread; nothing is lost
    }
  });
}
