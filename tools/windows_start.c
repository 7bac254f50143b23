/* What a library of kernels needs on Windows, where it is linked to nothing else. */

int _fltused; /* asked for by code that has floating-point numbers */

int DllMainCRTStartup(void *library, unsigned reason, void *reserved) {
    return 1;
}

void *memset(void *to, int byte, __SIZE_TYPE__ n) {
    unsigned char *at = to;
    while (n--) *at++ = (unsigned char)byte;
    return to;
}
