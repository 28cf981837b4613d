#pragma once
#include <spawn.h>
// glibc 2.34 has it, but declares it under _GNU_SOURCE alone, which Swift does not set.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int from);
