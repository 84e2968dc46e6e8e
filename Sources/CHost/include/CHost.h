// What plain Swift cannot express: host memory windows, and floating point by the host's own units.
#ifndef ENDICOTT_CHOST_H
#define ENDICOTT_CHOST_H
#include "CodeMemory.h"
#include "FloatingPoint.h"
#include "HostMemory.h"
#include "Vector.h"
#endif
