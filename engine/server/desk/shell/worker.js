// The shared worker that listens to the engine for all tabs of a browser.

import { Shared, Source } from './stream.js';

const shared = new Shared((handlers) => new Source(new URL('../../v1/events', self.location), handlers));

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.leave) shared.leave(port);
    else if (typeof data.join === 'string') shared.join(port, data.join);
  };
};
