/*
 * How the events service lays its rows out: key spaces, the kinds of rows under one prefix, and the
 * numbers of its indexes. Stored, so none of these is ever changed or used for something else.
 *
 *     people  [space][person id]
 *     groups  [space][group id][kind][...]
 *     events  [space][event id][kind][...]: what an RSVP changes lies beside its event
 *     keys    [space][key id]
 *     series  [space][series id]
 *     invitations, erasures  [space][their id, or the person's]
 *     renamed [space][group id]: a group whose events have its former name still
 */
#ifndef CVN_SERVICES_EVENTS_SPACES_H
#define CVN_SERVICES_EVENTS_SPACES_H

enum {
    CVN_SPACE_PEOPLE = 0x10,
    CVN_SPACE_GROUPS = 0x11,
    CVN_SPACE_EVENTS = 0x12,
    CVN_SPACE_KEYS = 0x13,
    CVN_SPACE_SERIES = 0x14,
    CVN_SPACE_COMMENT_EVENTS = 0x15, /* which event a comment is on */
    CVN_SPACE_INVITATIONS = 0x16,
    CVN_SPACE_ERASURES = 0x17, /* people being erased */
    CVN_SPACE_RENAMED = 0x1a,
};

/* Where the kind stands in the keys of groups and events. */
enum { CVN_EVENTS_KIND_AT = 17 };

enum {
    CVN_GROUP_KIND_ROW = 0,
    CVN_GROUP_KIND_MEMBER = 1,            /* and the person's id */
    CVN_GROUP_KIND_COUNTS = 2,            /* of members */
    CVN_GROUP_KIND_JOIN_REQUEST = 3,      /* and the person's id */
    CVN_GROUP_KIND_BAN = 4,               /* and the person's id */
    CVN_GROUP_KIND_MEMBERSHIP_COUNTS = 5, /* of requests, bans and invitations */
};

enum {
    CVN_EVENT_KIND_ROW = 0,
    CVN_EVENT_KIND_SEATS = 1, /* counters, and the next queue number */
    CVN_EVENT_KIND_RSVP = 2,  /* and the person's id */
    CVN_EVENT_KIND_QUEUE = 3, /* and the kind of seats, and the rank */
    CVN_EVENT_KIND_OFFER = 4, /* and when the offer expires, and the person's id */
    CVN_EVENT_KIND_MOVE = 5,  /* and its number: the history of RSVPs */
    CVN_EVENT_KIND_LOTTERY = 6,
    CVN_EVENT_KIND_TICKET = 7,      /* and its place in the order drawn */
    CVN_EVENT_KIND_NONCE = 8,       /* and the hash of a check-in's nonce */
    CVN_EVENT_KIND_REASON = 9,      /* and the number of the move that it is of */
    CVN_EVENT_KIND_COMMENT = 10,    /* and the comment's id */
    CVN_EVENT_KIND_REPORT = 11,     /* and the comment's id, and the person's */
    CVN_EVENT_KIND_DISCUSSION = 12, /* counts, and whether it is locked */
};

/* Indexes; those of events are numbered from CVN_INDEX_EVENT_FIRST. */
enum {
    CVN_INDEX_PERSON_EMAIL = 0x10,
    CVN_INDEX_JOIN_REQUEST_PERSON = 0x11,
    CVN_INDEX_BAN_PERSON = 0x12,
    CVN_INDEX_INVITATION_ADDRESSEE = 0x13,
    CVN_INDEX_GROUP_SLUG = 0x14,
    CVN_INDEX_GROUP_CITY = 0x15,
    CVN_INDEX_GROUP_TOPIC = 0x16,
    CVN_INDEX_GROUP_PLACE = 0x17,
    CVN_INDEX_MEMBER_PERSON = 0x18,
    CVN_INDEX_SERIES_EXTERNAL_ID = 0x19,
    CVN_INDEX_SERIES_DUE = 0x1a,
    CVN_INDEX_INVITATION_GROUP = 0x1b,
    CVN_INDEX_RSVP_PERSON = 0x1c,
    CVN_INDEX_KEY_HOLDER = 0x1d,
    CVN_INDEX_REPORT_PERSON = 0x1e,
    CVN_INDEX_COMMENT_PERSON = 0x1f,
    CVN_INDEX_EVENT_FIRST = 0x20,
    CVN_INDEX_EVENT_LAST = 0x3f,
    CVN_INDEX_RSVP_OFFER = 0x50,
    CVN_INDEX_LOTTERY_DUE = 0x51,
    CVN_INDEX_GROUP_ARCHIVED = 0x52,
    CVN_INDEX_REASON_PERSON = 0x54,
    CVN_INDEX_EVENT_TOKEN = 0x40,
    CVN_INDEX_EVENT_LANGUAGE = 0x41,
    CVN_INDEX_EVENT_MODE = 0x42,
    CVN_INDEX_EVENT_TRAITS = 0x43,
    CVN_INDEX_EVENT_TOPIC_CELL = 0x44,
};

#endif
