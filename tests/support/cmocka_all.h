/* cmocka's header needs these before it and does not include them. */
#ifndef CVN_TESTS_CMOCKA_ALL_H
#define CVN_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
