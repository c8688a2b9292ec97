// What is known of the network and of the node, for the screens: set after each sync (network.js).

let known = { offline: false, alarm: null, stop: null, wentBack: false, elsewhere: null };

// { offline, alarm, stop, wentBack, elsewhere }: as the browser and the last sync say.
export const status = () => ({ ...known, offline: !navigator.onLine || known.offline });

export const update = (change) => (known = { ...known, ...change });
