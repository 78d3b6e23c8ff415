#include "services/events/rules/rsvp.h"

const char *cvn_rsvp_refusal_text(enum cvn_rsvp_refusal refusal)
{
    switch (refusal) {
    case CVN_RSVP_OK:
        return "";
    case CVN_RSVP_REFUSED_UNPUBLISHED:
        return "The event is not published, so nobody can come to it yet.";
    case CVN_RSVP_REFUSED_CANCELLED:
        return "The event is cancelled; the answers stay as they are.";
    case CVN_RSVP_REFUSED_POSTPONED:
        return "The event is postponed; answers open again when it has a new date.";
    case CVN_RSVP_REFUSED_STARTED:
        return "The event has started; from now on attendance can be recorded only.";
    case CVN_RSVP_REFUSED_NOT_STARTED:
        return "It is too early: check-in opens an hour before the start, and who is missing can "
               "be "
               "recorded from the start on.";
    case CVN_RSVP_REFUSED_NOT_OPEN:
        return "Answers are not accepted yet; try again when they open.";
    case CVN_RSVP_REFUSED_CLOSED:
        return "Answers are closed; an organiser can extend the time for them.";
    case CVN_RSVP_REFUSED_BANNED:
        return "The person is banned from the group; an organiser can lift that.";
    case CVN_RSVP_REFUSED_MEMBERS:
        return "The event is for members of the group; join the group first.";
    case CVN_RSVP_REFUSED_NO_PARTY:
        return "The party is empty; it counts the person and their guests, so at least 1.";
    case CVN_RSVP_REFUSED_GUESTS:
        return "That is more guests than each person may bring; bring fewer.";
    case CVN_RSVP_REFUSED_TOO_LARGE:
        return "The party is larger than the event's whole capacity; bring fewer guests.";
    case CVN_RSVP_REFUSED_FULL:
        return "The event is full and has no waiting list.";
    case CVN_RSVP_REFUSED_NO_SEATS:
        return "There are not enough free seats for so many; the answer stays as it was.";
    case CVN_RSVP_REFUSED_QUEUE:
        return "Others wait for the free seats, so no further guests can be added; the answer "
               "stays as it was.";
    case CVN_RSVP_REFUSED_REJECTED:
        return "An organiser has turned the request down; an organiser's invitation would change "
               "that.";
    case CVN_RSVP_REFUSED_REMOVED:
        return "An organiser has removed the person; an organiser's invitation would change that.";
    case CVN_RSVP_REFUSED_STATE:
        return "The answer is not in a state in which that is possible.";
    case CVN_RSVP_REFUSED_MARKED:
        return "Attendance is recorded already; an organiser can correct it.";
    case CVN_RSVP_REFUSED_NOT_LISTED:
        return "The person has no seat, so there is nothing to mark; let them walk in instead.";
    }
    return "";
}

const char *cvn_rsvp_state_name(enum cvn_rsvp_state state)
{
    switch (state) {
    case CVN_RSVP_NONE:
        return "none";
    case CVN_RSVP_INVITED:
        return "invited";
    case CVN_RSVP_REQUESTED:
        return "requested";
    case CVN_RSVP_YES:
        return "yes";
    case CVN_RSVP_WAITLISTED:
        return "waitlisted";
    case CVN_RSVP_OFFERED:
        return "offered";
    case CVN_RSVP_NO:
        return "no";
    case CVN_RSVP_EXPIRED:
        return "expired";
    case CVN_RSVP_REJECTED:
        return "rejected";
    case CVN_RSVP_REMOVED:
        return "removed";
    case CVN_RSVP_ATTENDED:
        return "attended";
    case CVN_RSVP_NO_SHOW:
        return "no-show";
    case CVN_RSVP_EXCUSED:
        return "excused";
    }
    return "unknown";
}
