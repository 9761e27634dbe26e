// From one screen to another by name. Screens lead to one another in circles; modules that imported one another so could
// not be named after a hash of their content (mitid_portal/static_files.py).

const screens = new Map();

export function register(found) {
  Object.entries(found).forEach(([name, screen]) => screens.set(name, screen));
}

export function go(name, ...values) {
  return screens.get(name)(...values);
}
