/* The sample community as the CSV files that the import commands take. */
#ifndef CVN_CLIENT_DEMO_FILES_H
#define CVN_CLIENT_DEMO_FILES_H

#include "base/civil.h"

/*
 * Writes groups.csv, people.csv, events.csv and enrolments.csv into the folder; meetups are dated
 * from the day given on, on weekdays. 0 or -errno.
 */
int cvn_demo_write_files(const char *folder, const struct cvn_civil *today);

#endif
