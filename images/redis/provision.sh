#!/bin/sh
# The hook of a provision, and the check of the container's health: done when the administrator gets an answer.
echo PING | administer-redis
