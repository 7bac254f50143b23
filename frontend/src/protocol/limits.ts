// How much of a thing there may be.

/** What a link may hold: among it, all parameters of the largest network. */
export const MAX_MESSAGE_BYTES = 262144;

export const MAX_LAYERS = 8;

export const MAX_NEURONS = 32;

/** Of examples that are made or drawn; a table of one's own may have more. */
export const MAX_CLASSES = 8;

export const MAX_DRAWN = 1000;

export const MAX_EVENTS = 500;

export const MAX_DERIVED = 20;

export const MAX_PARAMETER = 1000000.0;

export const LOGGED_EPOCHS = 131072;

export const CURVE_POINTS = 2048;
