// Loaded before a program: on SIGUSR2 its clock is set back by a day, as nothing else can do to
// one process alone.
const DAY_MS = 86_400_000;
const RealDate = Date;
let shift = 0;

process.on("SIGUSR2", () => {
  shift = -DAY_MS;
});

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length > 0 ? given : [RealDate.now() + shift]));
  }

  static now() {
    return RealDate.now() + shift;
  }
};
