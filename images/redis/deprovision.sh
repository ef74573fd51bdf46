#!/bin/sh
# The hook of a deprovision: nothing to do, since all that there is goes with the container and its volume. A container
# that was there before, and stays, keeps its data.
exit 0
