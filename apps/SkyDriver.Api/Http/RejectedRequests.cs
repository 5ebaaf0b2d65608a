using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SkyDriver.Api.Http;

/// <summary>Gives the one form of every error to requests that the web server rejects by itself, before any of our code sees them.</summary>
/// <remarks>
/// The server answers a broken request line, headers that are too large and the like with a bare status and offers no place to
/// put a body in. Our own errors always have one, so an empty answer of the 400s on its way out is such a rejection.
/// </remarks>
internal static class RejectedRequests
{
    public static void Answer(KestrelServerOptions kestrel) => kestrel.ConfigureEndpointDefaults(listen => listen.Use(next => connection =>
    {
        connection.Transport = new AnsweringPipe(connection.Transport.Input, new AnsweringWriter(connection.Transport.Output));
        return next(connection);
    }));

    /// <summary>The answer in place of a bare rejection, or null when the bytes are none.</summary>
    internal static byte[]? AnswerTo(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 4"u8) && !head.StartsWith("HTTP/1.1 505"u8)) return null;
        if (!head.EndsWith("\r\n\r\n"u8) || head.IndexOf("\r\nContent-Length: 0\r\n"u8) < 0 || head.IndexOf("\r\nContent-Type:"u8) >= 0) return null;
        int status = (((head[9] - '0') * 10) + (head[10] - '0')) * 10 + (head[11] - '0');
        // Never the server's own words: they quote what was sent.
        string reason = Reason(status);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { code = status, error = reason });
        string date = Line(head, "\r\nDate: "u8);
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {reason}\r\nContent-Type: {Answers.Json}\r\nContent-Length: {body.Length}\r\nConnection: close{date}\r\n\r\n"), .. body];
    }

    /// <summary>A header with the line break before it, or nothing.</summary>
    private static string Line(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        int from = head.IndexOf(name);
        return from < 0 ? "" : Encoding.ASCII.GetString(head.Slice(from, head[(from + 2)..].IndexOf("\r\n"u8) + 2));
    }

    private static string Reason(int status) => status switch
    {
        StatusCodes.Status405MethodNotAllowed => "there is no such method",
        StatusCodes.Status408RequestTimeout => "the request took too long to arrive",
        StatusCodes.Status413PayloadTooLarge => "the body is too large",
        StatusCodes.Status414UriTooLong => "the address with its query is too long; send arguments in a JSON body",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "the headers are too large",
        StatusCodes.Status505HttpVersionNotsupported => "this version of HTTP is not spoken here; use HTTP/1.1",
        _ => "the request is not valid HTTP",
    };

    private sealed record AnsweringPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Passes everything on as it is written; the head of an answer comes in one piece.</summary>
    private sealed class AnsweringWriter(PipeWriter inner) : PipeWriter
    {
        private Memory<byte> _space;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _space = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            if (bytes <= _space.Length && AnswerTo(_space.Span[..bytes]) is { } answer && answer.Length <= _space.Length)
            {
                answer.CopyTo(_space);
                bytes = answer.Length;
            }

            _space = _space[Math.Min(bytes, _space.Length)..];
            inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) => inner.WriteAsync(source, cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
