"""How much may be attached. Every check, and the largest request that the site takes, follow."""

MEBIBYTE = 1024 * 1024
MOST_FILES = 5  # of a message
MOST_BYTES = 10 * MEBIBYTE  # of a file
MOST_WAITING = 20  # files of one person with one patient that are not checked yet
MOST_BYTES_A_DAY = 200 * MEBIBYTE  # of one person
MOST_PIXELS = 50_000_000  # of a picture: what the better phones make
LONGEST_TITLE = 100  # characters
LARGEST_REQUEST = MOST_FILES * MOST_BYTES + MEBIBYTE  # with the words, and what is around them
