using System.CommandLine;
using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver scan watch</c>: how a scan goes until it ends, whatever happens to the connection.</summary>
internal static class WatchCommand
{
    public static Command Create(Option<string?> server)
    {
        Argument<string> scan = ServiceCommands.ScanId();
        return ServiceCommands.Of("watch", """
            Shows how a scan goes until it has its final result, or ends without one; a lost connection is outlasted for an hour.
            Ctrl-C ends the watch only. With --jsonl it prints one document for each change.

            Examples:
              skydriver scan watch 19b2c4d5e6fx0a1b
              skydriver scan watch 19b2c4d5e6fx0a1b --jsonl
            """, server, [scan], async (parsed, client, output, interrupted) =>
        {
            string id = parsed.GetValue(scan)!;
            ScanManifest last;
            try
            {
                last = await WatchAsync(client.WatchAsync(id, cancellationToken: interrupted), output);
            }
            catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
            {
                throw new CommandException(ExitCodes.Interrupted, $"The scan goes on; see it again with 'skydriver scan watch {id}'.");
            }

            if (output.IsJson) output.Write(Document(last));
            if (output.ForPeople) Console.WriteLine($"{last.ScanId} {ScanState.Of(last)}");
            return last.Lifecycle.HasFinalResult ? ExitCodes.Done : throw Refusals.Of(last);
        });
    }

    private static Task<ScanManifest> WatchAsync(IAsyncEnumerable<ScanSight> sights, Output output)
    {
        if (output.ForPeople) return ProgressDisplay.ShowAsync(sights);
        ScanManifest? shown = null;
        return ProgressDisplay.FollowAsync(sights, sight =>
        {
            if (!output.IsLines || sight.Manifest is not { } manifest || ReferenceEquals(manifest, shown)) return;
            output.Write(Document(shown = manifest));
        });
    }

    private static object Document(ScanManifest manifest)
    {
        ScanNumbers numbers = ScanNumbers.Of(manifest);
        return new { scan_id = manifest.ScanId, scan_state = ScanState.Of(manifest), phase = manifest.Lifecycle.Phase, waiting = numbers.Waiting, done = numbers.Done, expected = numbers.Expected, pixels = numbers.PixelsDone, best_fit = numbers.BestFit, failure = manifest.Lifecycle.Failure };
    }
}
