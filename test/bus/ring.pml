/*
 * The protocol of src/bus/ring.h for the model checker spin: one sender, one receiver, memory of x86
 * (every store goes through the processor's store buffer, and loads may overtake it). All
 * interleavings are tried. What must hold: the receiver gets every message once, whole and in order,
 * then the end; and nobody sleeps for ever (the model has no time-outs, so spin finds a deadlock).
 *
 * test/bus_model.sh runs it as it is, and with one line of the protocol broken at a time, by
 *     NO_FENCE        who goes to sleep does not make the other side pass a fence
 *     NO_SECOND_LOOK  who goes to sleep does not look again
 *     NO_FLUSH        who finds the ring full does not publish what it has sent
 *     END_FIRST       `end` is stored before the message
 *     EARLY_RELEASE   a cell is handed back while it is being read
 *     STALE_CLOSE     the receiver does not look again after it saw the close
 *     NO_WAKE         the sender does not wake the receiver
 * each of which must be found out. spin -DNAME -a test/bus/ring.pml
 */
#define CELLS 2
#define PER 2 /* messages of a cell */
#ifndef TOTAL
#define TOTAL 6
#endif
#define BUFFERED 3 /* stores on their way */

/* Memory, by address. Messages are 1 to TOTAL. */
#define MESSAGE(cell, at) ((cell) % CELLS * PER + (at))
#define END(cell) (CELLS * PER + (cell) % CELLS)
#define RELEASED (CELLS * PER + CELLS)
#define CLOSED (RELEASED + 1)
#define SENDER_ASLEEP (RELEASED + 2)
#define RECEIVER_ASLEEP (RELEASED + 3)
#define ADDRESSES (RELEASED + 4)

byte memory[ADDRESSES];
chan sender_stores = [BUFFERED] of { byte, byte };
chan receiver_stores = [BUFFERED] of { byte, byte };
bool sender_is_done, receiver_is_done;

/* A store buffer empties itself, in order, at any time. */
proctype store_buffer(chan stores)
{
    byte address, value;
end_idle:
    do
    :: atomic { stores?address, value -> memory[address] = value }
    od
}

/* A store that is ordered with everything (xchg). */
inline store_fenced(stores, address, value)
{
    empty(stores);
    memory[address] = value
}

/* nf_bus_tell(): wakes who sleeps. The load may overtake the store of the news. */
inline tell(stores, bell)
{
    if
    :: memory[bell] == 1 -> store_fenced(stores, bell, 0)
    :: else
    fi
}

/* nf_bus_doze() up to the second look: asleep, and every store of the other side has arrived. */
inline prepare_sleep(mine, others, bell)
{
    store_fenced(mine, bell, 1);
#ifndef NO_FENCE
    empty(others)
#endif
}

/* --- the sender --- */

inline flush()
{
    if
    :: cell * PER + used != published ->
        published = cell * PER + used;
        sender_stores!END(cell), published;
#ifndef NO_WAKE
        tell(sender_stores, RECEIVER_ASLEEP)
#endif
    :: else
    fi
}

inline look_for_room()
{
    if
    :: cell + 1 < room
    :: else -> room = memory[RELEASED] + CELLS
    fi
}

proctype sender()
{
    byte cell, used, published, room = CELLS, number;
    do
    :: number == TOTAL -> break
    :: number < TOTAL && used < PER ->
        number++;
#ifdef END_FIRST
        used++;
        flush();
        sender_stores!MESSAGE(cell, used - 1), number
#else
        sender_stores!MESSAGE(cell, used), number;
        used++
#endif
    :: used > 0 -> flush()
    :: number < TOTAL && used == PER ->
#ifndef NO_FLUSH
        flush();
#endif
        look_for_room();
        if
        :: cell + 1 < room -> cell++; used = 0
        :: else ->
            prepare_sleep(sender_stores, receiver_stores, SENDER_ASLEEP);
#ifndef NO_SECOND_LOOK
            look_for_room();
#endif
            if
            :: cell + 1 < room
            :: else -> memory[SENDER_ASLEEP] == 0 /* futex */
            fi
        fi
    od;
    flush();
    sender_stores!CLOSED, 1;
    tell(sender_stores, RECEIVER_ASLEEP);
    sender_is_done = true
}

/* --- the receiver --- */

inline release()
{
#ifdef EARLY_RELEASE
    handed = cell + 1;
#else
    handed = cell;
#endif
    if
    :: handed != released ->
        released = handed;
        receiver_stores!RELEASED, released;
        tell(receiver_stores, SENDER_ASLEEP)
    :: else
    fi
}

/* nf_ring_refill(): more is set where `end` says that there are messages. */
inline refill()
{
    if
    :: at == PER -> cell++; at = 0; stop = 0; release()
    :: else
    fi;
    end_seen = memory[END(cell)];
    more = end_seen > cell * PER + at && end_seen <= cell * PER + PER;
    if
    :: more -> stop = end_seen - cell * PER
    :: else -> release()
    fi
}

/* What nf_ring_wait_message() does when there is nothing: looks for the close, and once more. */
inline look_for_message()
{
    refill();
    if
    :: !more && memory[CLOSED] == 1 ->
#ifndef STALE_CLOSE
        refill();
#endif
        closed = !more
    :: else
    fi
}

proctype receiver()
{
    byte cell, at, stop, released, handed, end_seen, received;
    bool more, closed;
    do
    :: at < stop ->
        received++;
        assert(memory[MESSAGE(cell, at)] == received);
        at++
    :: else ->
        look_for_message();
        if
        :: more
        :: closed -> break
        :: else ->
            prepare_sleep(receiver_stores, sender_stores, RECEIVER_ASLEEP);
#ifndef NO_SECOND_LOOK
            look_for_message();
#endif
            if
            :: more
            :: closed -> break
            :: else -> memory[RECEIVER_ASLEEP] == 0 /* futex */
            fi
        fi
    od;
    assert(received == TOTAL);
    receiver_is_done = true
}

init
{
    atomic {
        run store_buffer(sender_stores);
        run store_buffer(receiver_stores);
        run sender();
        run receiver()
    }
}
