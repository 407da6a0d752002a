/* notify: the service manager's side channel (sd_notify(3)): ready, reloading, stopping, watchdog.
 * Nothing happens where no manager listens. */
#ifndef NEWSD_NOTIFY_H
#define NEWSD_NOTIFY_H

#include <stdint.h>

/* Send STATE ("READY=1", lines of NAME=value) to $NOTIFY_SOCKET. Failures are ignored: the manager
 * may be gone. */
void notify_send(const char *state);
/* How often the watchdog wants to be fed, in milliseconds (half of $WATCHDOG_USEC); 0: never. */
int64_t notify_watchdog_ms(void);

#endif
