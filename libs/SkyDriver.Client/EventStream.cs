using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>A stream of server-sent events that outlasts its connections.</summary>
internal sealed class EventStream(SkyDriverClient client, string path, bool endsWithScan)
{
    private readonly SkyDriverClientOptions _options = client.Options;

    /// <summary>Told when a connection that had begun is over.</summary>
    public Action? OnBroken { get; init; }

    /// <exception cref="SkyDriverException">The service refused, or stayed away for longer than <see cref="SkyDriverClientOptions.AwayPatience"/>.</exception>
    public async IAsyncEnumerable<ScanEvent> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            long last = after;
            using (HttpResponseMessage response = await client.Transport.OpenAsync(() => Ask(last), _options.AwayPatience, cancellationToken))
            {
                await foreach (SseItem<string> item in ItemsAsync(response, cancellationToken))
                {
                    if (Read(item, after) is not { } news) continue;
                    after = news.Id;
                    yield return news;
                    if (endsWithScan && news.Kind == ScanEventKind.Ended) yield break;
                }
            }

            OnBroken?.Invoke();
            // Also after a stream that ended in order: a service that sends everybody away must not be stormed.
            await Task.Delay(_options.FirstPause, _options.Clock, cancellationToken);
        }
    }

    private HttpRequestMessage Ask(long last)
    {
        HttpRequestMessage request = new(HttpMethod.Get, path) { Headers = { { "Accept", "text/event-stream" } } };
        if (last > 0) request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
        return request;
    }

    /// <summary>Ends with the connection, however that ends.</summary>
    private async IAsyncEnumerable<SseItem<string>> ItemsAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource silence = new(_options.StreamSilence, _options.Clock);
        await using CancellationTokenRegistration chained = cancellationToken.Register(silence.Cancel);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        // The parser swallows the comments that keep a quiet stream alive, so silence is measured below it.
        await using Heard heard = new(body, () => silence.CancelAfter(_options.StreamSilence));
        await using IAsyncEnumerator<SseItem<string>> items = SseParser.Create(heard).EnumerateAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync()) yield break;
            }
            catch (Exception lost) when (Transport.IsNoAnswer(lost) || (lost is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                yield break;
            }

            yield return items.Current;
        }
    }

    private static ScanEvent? Read(SseItem<string> item, long after)
    {
        if (!long.TryParse(item.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out long id)) return null;
        if (item.EventType == ScanEvent.Reset) return new(id, ScanEvent.Reset, null);
        // A service that repeats itself is no reason to tell the reader twice.
        if (id <= after) return null;
        try
        {
            return JsonSerializer.Deserialize<ScanEventV1>(item.Data, ContractJson.Options) is { } what ? new(id, item.EventType, what) : null;
        }
        catch (JsonException)
        {
            return null;    // of a later version of the service; what it says is in the manifest as well
        }
    }

    private sealed class Heard(Stream inner, Action onBytes) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int length = await inner.ReadAsync(buffer, cancellationToken);
            onBytes();
            return length;
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
