// @ts-check
// A reloaded share-ready window goes back to its view.

import { one, show } from '/static/js/dom.js';
import { kept } from './share.js';

const path = kept();
if (path) location.replace(path);
else show(one('#gone'), true);
