/* What the writing and the reading of backups share. */
#ifndef CVN_STORAGE_BACKUP_FORMAT_H
#define CVN_STORAGE_BACKUP_FORMAT_H

#define CVN_BACKUP_MAGIC "CONVENEB"

enum { CVN_BACKUP_BUFFER_BYTES = 64 << 10 };

#endif
