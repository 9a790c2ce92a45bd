// OCC reviews know neither topic nor verified purchase. The shop reads the topic from the words, and
// takes a purchase as verified where the review comes from a customer's account, not from a guest.

const TOPICS = {
  battery: ["battery", "charge", "charger", "charged", "socket", "drain", "standby", "percent", "hours"],
  keyboard: ["keyboard", "keys", "typing", "typed", "key"],
  screen: ["screen", "display", "brightness", "bright", "matt", "hertz", "colours"],
  noise: ["fan", "fans", "silent", "quiet", "loud", "louder", "noise", "whine", "library"],
  delivery: ["delivered", "delivery", "parcel", "arrived", "courier"],
  sound: ["sound", "bass", "treble", "voices", "volume"],
  comfort: ["wearing", "pressure", "pinches", "warm", "band", "tight", "skin"],
  calls: ["callers", "call", "calls", "voice"],
  camera: ["camera", "photos", "lens", "lenses", "zoomed"],
  picture: ["pictures", "shadows", "focus", "corners", "sharp"],
  handling: ["control", "settings", "menu", "dials", "grip", "hand"],
  charging: ["charges", "plugs", "lukewarm", "hot", "meter", "device"],
  build: ["hinges", "seam", "housing", "fall", "fallen", "scratch", "built", "creak", "creaks", "paint", "rucksack", "port"],
  value: ["price", "cost", "costs", "dearer", "cheap", "money", "worth"],
};

/** The topic whose words a review uses most; words of the headline count twice. */
export function topicOf(review) {
  const words = `${review.headline} ${review.headline} ${review.comment}`.toLowerCase().match(/[a-z]+/g) ?? [];
  let best = "general";
  let most = 0;
  for (const [topic, keys] of Object.entries(TOPICS)) {
    const count = words.filter((word) => keys.includes(word)).length;
    if (count > most) [best, most] = [topic, count];
  }
  return best;
}

export function isVerified(review) {
  return review.principal?.uid !== "anonymous";
}

export const capital = (word) => word[0].toUpperCase() + word.slice(1);
