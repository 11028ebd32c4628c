#include "core/xw.h"

#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/uri.h"
#include "fuzzing.h"

/* What another parser has read: the attribute and the text, and how many elements there are. */
struct read {
    char  *attribute, text[1 << 16];
    size_t len;
    int    n_elements, depth;
};

static void on_begin(void *arg, const XML_Char *element, const XML_Char **attributes)
{
    struct read *r = arg;
    (void)element;
    r->depth++;
    if (++r->n_elements == 2)
        r->attribute = strdup(attributes[1]);
}

static void on_end(void *arg, const XML_Char *element)
{
    struct read *r = arg;
    (void)element;
    r->depth--;
}

static void on_text(void *arg, const XML_Char *text, int len)
{
    struct read *r = arg;
    if (r->depth != 2)
        return; /* the indentation */
    check(r->len + (size_t)len < sizeof r->text);
    memcpy(r->text + r->len, text, (size_t)len);
    r->len += (size_t)len;
}

/* Any bytes as a value give one document that another parser accepts. It reads the same in an attribute and in a text, and
 * reads the bytes themselves if it can read them at all. A path needs no escape of XML. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct read r;
    if (len > 4096)
        return 0;
    r = (struct read){ 0 };
    char *value = calloc(1, len + 1);
    memcpy(value, data, len);

    struct buf b = buf_up_to(1 << 20);
    struct xw  x = xw_document(&b);
    xw_begin(&x, "outer");
    xw_begin(&x, "inner");
    xw_attr(&x, "a", value);
    xw_text(&x, value);
    xw_end(&x, "inner");
    xw_end(&x, "outer");
    check(b.fault == BUF_SOUND);

    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, &r);
    XML_SetElementHandler(parser, on_begin, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    check(XML_Parse(parser, b.bytes, (int)b.len, 1) == XML_STATUS_OK);
    check(r.n_elements == 2 && r.attribute && strcmp(r.attribute, r.text) == 0);
    check(strstr(r.text, "\xef\xbf\xbd") || strcmp(r.text, value) == 0);
    XML_ParserFree(parser);
    free(r.attribute);

    buf_clear(&b);
    uri_put_path(&b, value);
    check(!b.bytes || !strpbrk(b.bytes, "<>&\"'$ \t\r\n:?#"));
    buf_finish(&b);
    free(value);
    return 0;
}
