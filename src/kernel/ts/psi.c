#include "kernel/ts/psi.h"

#include "kernel/crc32.h"

enum { TABLE_PAT = 0, TABLE_PMT = 2, PROGRAM = 1, TRANSPORT_STREAM = 1, CRC_LEN = 4 };
enum {
    DESCRIPTOR_REGISTRATION = 0x05,
    DESCRIPTOR_METADATA_POINTER = 0x25,
    DESCRIPTOR_METADATA = 0x26,
    DESCRIPTOR_EXTENSION = 0x7F,
    EXTENSION_OPUS = 0x80,
};

/* Reserved bits are ones. */
enum { RESERVED_PID = 0xE000, RESERVED_LEN = 0xF000 };

/* Write a section up to its body. Returns the beginning of the section. */
static uint8_t *open_section(struct wr *w, unsigned table, unsigned id, unsigned version)
{
    uint8_t *section = w->p;
    wr_u8(w, (uint8_t)table);
    wr_u16(w, 0xB000); /* section_syntax_indicator; section_length comes last */
    wr_u16(w, (uint16_t)id);
    wr_u8(w, (uint8_t)(0xC1 | version << 1)); /* current_next_indicator */
    wr_u16(w, 0);                             /* section_number of last_section_number */
    return section;
}

static void close_section(struct wr *w, uint8_t *section)
{
    size_t len = (size_t)(w->p - section) + CRC_LEN - 3; /* section_length counts from the byte behind itself. */
    section[1] |= (uint8_t)(len >> 8);
    section[2] = (uint8_t)len;
    wr_u32(w, crc32_mpeg(section, (size_t)(w->p - section)));
}

/* Write the header of a packet. Returns a writer over the room for a section; close_packet() fills the rest of it. */
static struct wr open_packet(uint8_t *packet, unsigned pid, uint8_t *cc)
{
    packet[0] = TS_SYNC_BYTE;
    packet[1] = (uint8_t)(0x40 | pid >> 8); /* payload_unit_start_indicator */
    packet[2] = (uint8_t)pid;
    packet[3] = 0x10 | (*cc & 0x0F);
    packet[4] = 0; /* pointer_field */
    *cc = (*cc + 1) & 0x0F;
    return wr_over(packet + TS_HEADER_LEN + 1, TS_PACKET_LEN - TS_HEADER_LEN - 1);
}

static void close_packet(struct wr *w)
{
    memset(w->p, 0xFF, (size_t)(w->end - w->p));
}

static void write_pat(uint8_t *packet, uint8_t *cc)
{
    struct wr w = open_packet(packet, TS_PID_PAT, cc);
    uint8_t  *section = open_section(&w, TABLE_PAT, TRANSPORT_STREAM, 0);
    wr_u16(&w, PROGRAM);
    wr_u16(&w, RESERVED_PID | TS_PID_PMT);
    close_section(&w, section);
    close_packet(&w);
}

static void write_descriptors(struct wr *w, const struct ts_program *program)
{
    if (program->registration) {
        wr_u16(w, DESCRIPTOR_REGISTRATION << 8 | 4);
        wr_u32(w, program->registration);
    }
    if (program->opus_channels) {
        wr_u16(w, DESCRIPTOR_EXTENSION << 8 | 2);
        wr_u8(w, EXTENSION_OPUS);
        wr_u8(w, program->opus_channels);
    }
}

static void write_audio(struct wr *w, const struct ts_program *program)
{
    unsigned len = (program->registration ? 6 : 0) + (program->opus_channels ? 4 : 0);
    wr_u8(w, program->audio);
    wr_u16(w, RESERVED_PID | TS_PID_AUDIO);
    wr_u16(w, (uint16_t)(RESERVED_LEN | len));
    write_descriptors(w, program);
}

static void write_video(struct wr *w, const struct ts_program *program)
{
    wr_u8(w, program->video);
    wr_u16(w, RESERVED_PID | TS_PID_VIDEO);
    wr_u16(w, RESERVED_LEN);
}

/* What both descriptors of ID3 begin with: metadata_application_format and metadata_format are given by identifiers. */
static void write_id3_format(struct wr *w, unsigned descriptor, unsigned len)
{
    enum { BY_IDENTIFIER = 0xFF };
    static const char id3[4] = { 'I', 'D', '3', ' ' };
    wr_u8(w, (uint8_t)descriptor);
    wr_u8(w, (uint8_t)len);
    wr_u16(w, BY_IDENTIFIER << 8 | BY_IDENTIFIER);
    wr_bytes(w, id3, sizeof id3);
    wr_u8(w, BY_IDENTIFIER);
    wr_bytes(w, id3, sizeof id3);
    wr_u8(w, 0); /* metadata_service_id */
}

enum { ID3_POINTER_LEN = 15, ID3_LEN = 13 };

static void write_id3_pointer(struct wr *w)
{
    enum { SAME_TRANSPORT_STREAM = 0x1F }; /* no locator record, MPEG_carriage_flags 0, reserved ones */
    write_id3_format(w, DESCRIPTOR_METADATA_POINTER, ID3_POINTER_LEN);
    wr_u8(w, SAME_TRANSPORT_STREAM);
    wr_u16(w, PROGRAM);
}

static void write_id3(struct wr *w)
{
    enum { NO_DECODER_CONFIG = 0x0F };
    wr_u8(w, TS_STREAM_METADATA);
    wr_u16(w, RESERVED_PID | TS_PID_ID3);
    wr_u16(w, RESERVED_LEN | (2 + ID3_LEN));
    write_id3_format(w, DESCRIPTOR_METADATA, ID3_LEN);
    wr_u8(w, NO_DECODER_CONFIG);
}

static void write_pmt(uint8_t *packet, const struct ts_program *program, uint8_t *cc)
{
    unsigned  pcr_pid = program->video ? TS_PID_VIDEO : program->audio ? TS_PID_AUDIO : TS_PID_NONE;
    struct wr w = open_packet(packet, TS_PID_PMT, cc);
    uint8_t  *section = open_section(&w, TABLE_PMT, PROGRAM, program->version & TS_VERSION_MASK);
    wr_u16(&w, (uint16_t)(RESERVED_PID | pcr_pid));
    wr_u16(&w, (uint16_t)(RESERVED_LEN | (program->has_id3 ? 2 + ID3_POINTER_LEN : 0)));
    if (program->has_id3)
        write_id3_pointer(&w);
    if (program->video)
        write_video(&w, program);
    if (program->audio)
        write_audio(&w, program);
    if (program->has_id3)
        write_id3(&w);
    close_section(&w, section);
    close_packet(&w);
}

void ts_psi_write(struct wr *w, const struct ts_program *program, uint8_t cc[TS_TRACKS])
{
    uint8_t *packets = wr_room(w, TS_PSI_LEN);
    if (!packets)
        return;
    write_pat(packets, &cc[TS_PAT]);
    write_pmt(packets + TS_PACKET_LEN, program, &cc[TS_PMT]);
}
