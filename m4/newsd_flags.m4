dnl newsd_flags: which flags does this compiler take? Each is tried alone, with -Werror, so that a flag which
dnl is merely ignored (clang) counts as refused.

dnl NEWSD_TRY_LINK(FLAGS, IF-YES, IF-NO): a small program, compiled and linked with FLAGS.
AC_DEFUN([NEWSD_TRY_LINK], [
    newsd_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[puts("")]])],
        [CFLAGS=$newsd_save_CFLAGS
         $2], [CFLAGS=$newsd_save_CFLAGS
         $3])
])

dnl NEWSD_CHECK_FLAGS(VARIABLE, FLAGS, WHAT): append to VARIABLE those of FLAGS that work.
AC_DEFUN([NEWSD_CHECK_FLAGS], [
    for newsd_flag in m4_normalize([$2]); do
        AC_MSG_CHECKING([whether the $3 takes $newsd_flag])
        NEWSD_TRY_LINK([-Werror $newsd_flag],
            [AC_MSG_RESULT([yes])
             AS_VAR_APPEND([$1], [" $newsd_flag"])],
            [AC_MSG_RESULT([no])])
    done
])
AC_DEFUN([NEWSD_CHECK_CFLAGS], [NEWSD_CHECK_FLAGS([$1], [$2], [compiler])])
AC_DEFUN([NEWSD_CHECK_LDFLAGS], [NEWSD_CHECK_FLAGS([$1], [$2], [linker])])
AC_DEFUN([NEWSD_CHECK_CPPFLAGS], [NEWSD_CHECK_FLAGS([$1], [$2], [preprocessor])])
