/* What is in packets: media and metadata. */
#include "core/str.h"
#include "kernel/amf0.h"
#include "kernel/flv_body.h"
#include "srs_rtmp/srs_rtmp.h"

enum srs_rtmp_result srs_rtmp_describe(const struct srs_rtmp_packet *packet, struct srs_rtmp_media *media)
{
    struct flv_body body = { 0 };
    enum flv_parse  parsed = FLV_PARSE_BAD;
    if (packet->len == 0)
        parsed = FLV_PARSE_IGNORE; /* silence */
    else if (packet->type == SRS_RTMP_VIDEO)
        parsed = flv_body_parse_video(packet->data, packet->len, &body);
    else if (packet->type == SRS_RTMP_AUDIO)
        parsed = flv_body_parse_audio(packet->data, packet->len, &body);
    *media = (struct srs_rtmp_media){
        .codec = codec_name((enum codec)body.codec),
        .is_config = body.packet == FLV_PACKET_CONFIG && body.media_len > 0,
        .is_key = packet->type == SRS_RTMP_VIDEO && body.packet == FLV_PACKET_CODED && body.frame_type == FLV_KEY_FRAME,
        .cts_ms = body.cts_ms,
        .bytes = body.media_len ? packet->data + body.media_offset : NULL,
        .len = body.media_len,
    };
    return parsed == FLV_PARSE_BAD ? SRS_RTMP_BAD_DATA : SRS_RTMP_OK;
}

size_t srs_rtmp_metadata_write(uint8_t *body, size_t cap, const struct srs_rtmp_property *properties, size_t count)
{
    struct wr w = wr_over(body, cap);
    amf0_write_string(&w, "onMetaData");
    amf0_write_ecma_array(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        if (properties[i].text)
            amf0_put_string(&w, properties[i].name, properties[i].text);
        else
            amf0_put_number(&w, properties[i].name, properties[i].number);
    }
    amf0_write_end(&w);
    return w.full ? 0 : wr_len(&w);
}

/* Find a property of onMetaData, with or without the @setDataFrame of publishers before it. */
static bool find_property(const struct srs_rtmp_packet *packet, const char *name, struct rd *value)
{
    if (packet->type != SRS_RTMP_SCRIPT || !packet->len)
        return false;
    struct rd r = rd_over(packet->data, packet->len);
    if (amf0_peek(&r) != AMF0_STRING)
        return false;
    struct amf0_text word = amf0_read_string(&r);
    if (amf0_text_is(word, "@setDataFrame") && amf0_peek(&r) == AMF0_STRING)
        word = amf0_read_string(&r);
    return amf0_text_is(word, "onMetaData") && amf0_find(r, name, value);
}

enum srs_rtmp_result srs_rtmp_metadata_number(const struct srs_rtmp_packet *packet, const char *name, double *number)
{
    struct rd value;
    *number = 0;
    if (!find_property(packet, name, &value) || amf0_peek(&value) != AMF0_NUMBER)
        return SRS_RTMP_BAD_DATA;
    *number = amf0_read_number(&value);
    return value.bad ? SRS_RTMP_BAD_DATA : SRS_RTMP_OK;
}

enum srs_rtmp_result srs_rtmp_metadata_text(const struct srs_rtmp_packet *packet, const char *name, char *text,
                                            size_t cap)
{
    struct rd value;
    if (cap)
        *text = '\0';
    if (!find_property(packet, name, &value) || amf0_peek(&value) != AMF0_STRING)
        return SRS_RTMP_BAD_DATA;
    struct amf0_text found = amf0_read_string(&value);
    struct str       out = str_over(text, cap);
    if (!value.bad && cap)
        str_append(&out, found.p, found.len);
    return value.bad ? SRS_RTMP_BAD_DATA : SRS_RTMP_OK;
}
