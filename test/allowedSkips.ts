/**
 * Every test that may be skipped, by its full title, and the reason that is printed. A skip that is not here fails the
 * run: nothing is passed over in silence.
 */
export const allowedSkips: Readonly<Record<string, string>> = {
  "MySQL 8.4 takes the server options and the accounts":
    "the image mysql:8.4 cannot be had without an image registry; the same test runs against the MariaDB stand-in",
};
