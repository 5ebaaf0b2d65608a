using System.Threading.Channels;

namespace SkyDriver.Client;

/// <summary>Listens to a scan's events in the background, from the first one still known; a lost connection is taken up again where it broke.</summary>
internal sealed class ScanNews : IAsyncDisposable
{
    private const int MostAtOnce = 1000;

    private readonly SkyDriverClient _client;
    // Null: the connection broke, which is a reason to look as well.
    private readonly Channel<ScanEvent?> _heard = Channel.CreateBounded<ScanEvent?>(MostAtOnce);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _listening;

    public ScanNews(SkyDriverClient client, string scanId)
    {
        _client = client;
        _listening = ListenAsync(scanId);
    }

    public IReadOnlyList<ScanEvent> Take()
    {
        List<ScanEvent> taken = [];
        while (taken.Count < MostAtOnce && _heard.Reader.TryRead(out ScanEvent? item))
        {
            if (item is not null) taken.Add(item);
        }

        return taken;
    }

    /// <summary>Ends with the next event, or after this time.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(longest, _client.Options.Clock);
        await using CancellationTokenRegistration chained = cancellationToken.Register(limit.Cancel);
        try
        {
            await _heard.Reader.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _listening;
        _end.Dispose();
    }

    private async Task ListenAsync(string scanId)
    {
        EventStream stream = new(_client, SkyDriverClient.Path(scanId, "events"), endsWithScan: true) { OnBroken = () => _heard.Writer.TryWrite(null) };
        try
        {
            await foreach (ScanEvent item in stream.ReadAsync(after: 0, _end.Token)) await _heard.Writer.WriteAsync(item, _end.Token);
        }
        catch (Exception over) when (over is SkyDriverException or OperationCanceledException)
        {
            // There is no stream to be had here; whoever waits looks now and then instead.
        }
    }
}
