package org.mmard.spark.sync;

import io.netty.buffer.Unpooled;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.spark.network.buffer.ManagedBuffer;

/** Memory off the heap for messages on their way out, used again when they are written: sockets would copy what lies on the heap, too. */
final class SendBuffers {
    private final int length;
    private final Deque<ByteBuffer> free = new ArrayDeque<>();

    /** @param length of the longest message */
    SendBuffers(int length) {
        this.length = length;
    }

    /** A copy of the first {@code size} bytes, whose memory comes back when it is released. */
    ManagedBuffer copy(byte[] bytes, int size) {
        ByteBuffer memory = take();
        memory.clear().put(bytes, 0, size).flip();
        return new Message(memory);
    }

    private synchronized ByteBuffer take() {
        return free.isEmpty() ? ByteBuffer.allocateDirect(length) : free.pop();
    }

    private synchronized void giveBack(ByteBuffer memory) {
        free.push(memory);
    }

    private final class Message extends ManagedBuffer {
        private final ByteBuffer memory;
        private int holders = 1;

        Message(ByteBuffer memory) {
            this.memory = memory;
        }

        @Override
        public long size() {
            return memory.remaining();
        }

        @Override
        public ByteBuffer nioByteBuffer() {
            return memory.duplicate();
        }

        @Override
        public InputStream createInputStream() {
            throw new UnsupportedOperationException("messages are sent from memory");
        }

        @Override
        public synchronized ManagedBuffer retain() {
            holders++;
            return this;
        }

        @Override
        public synchronized ManagedBuffer release() {
            if (--holders == 0) {
                giveBack(memory);
            }
            return this;
        }

        @Override
        public Object convertToNetty() {
            return Unpooled.wrappedBuffer(memory.duplicate());
        }
    }
}
