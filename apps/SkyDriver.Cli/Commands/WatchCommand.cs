using System.CommandLine;
using SkyDriver.Client;
using SkyDriver.Contracts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver scan watch</c>: a live bar until the scan ends, whatever happens to the connection.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    public static Command Create(Option<string?> server)
    {
        Argument<string> scan = ServiceCommands.ScanId();
        return ServiceCommands.Of("watch", """
            Shows how a scan goes until it ends; a lost connection is outlasted for an hour. Exit code 0: it has its final result.

            With --jsonl it prints one document for each change.
            """, server, [scan], async (parsed, client, output, interrupted) =>
        {
            ScanManifest last = await WatchAsync(client.WatchAsync(parsed.GetValue(scan)!, TimeSpan.FromSeconds(1), interrupted), output);
            string state = ScanState.Of(last);
            if (output.IsJson) output.Write(Document(last));
            if (output.ForPeople) Console.WriteLine($"{last.ScanId} {state}");
            if (state == ScanState.HasFinalResult) return ExitCodes.Done;
            throw new CommandException(ExitCodes.Failed, last.Lifecycle.Failure ?? $"The scan ended as {state}.");
        });
    }

    private static async Task<ScanManifest> WatchAsync(IAsyncEnumerable<ScanSight> sights, Output output)
    {
        long start = TimeProvider.System.GetTimestamp();
        if (!output.ForPeople) return await LastAsync(sights, output.IsLines ? manifest => output.Write(Document(manifest)) : _ => { }, _ => { });
        if (!Console.IsErrorRedirected)
        {
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
            return await console.Live(new Text("")).AutoClear(true).StartAsync(context => LastAsync(sights, _ => { }, sight => context.UpdateTarget(Bar(sight))));
        }

        TimeSpan next = TimeSpan.Zero;
        bool wasLost = false;
        return await LastAsync(sights, _ => { }, sight =>
        {
            bool isLost = sight.Lost is not null;
            if (isLost == wasLost && Elapsed() < next) return;
            (next, wasLost) = (Elapsed() + LineEvery, isLost);
            Console.Error.WriteLine(Text(sight));
        });

        TimeSpan Elapsed() => TimeProvider.System.GetElapsedTime(start);

        string Text(ScanSight sight) => sight.Lost is { } lost ? $"connection lost, trying again: {lost.Message}" : ProgressView.Line(ScanNumbers.Of(sight.Manifest!), Elapsed());

        IRenderable Bar(ScanSight sight)
        {
            IRenderable bar = sight.Manifest is { } known ? ProgressView.Bar(ScanNumbers.Of(known), Elapsed()) : new Text("");
            return sight.Lost is null ? bar : new Rows(bar, new Text(Text(sight)));
        }
    }

    private static async Task<ScanManifest> LastAsync(IAsyncEnumerable<ScanSight> sights, Action<ScanManifest> onChange, Action<ScanSight> onSight)
    {
        ScanManifest? last = null;
        await foreach (ScanSight sight in sights)
        {
            // The same object comes again while nothing has changed.
            if (sight.Manifest is { } manifest && !ReferenceEquals(manifest, last)) onChange(last = manifest);
            onSight(sight);
        }

        return last!;
    }

    private static object Document(ScanManifest manifest)
    {
        ScanNumbers numbers = ScanNumbers.Of(manifest);
        return new { scan_id = manifest.ScanId, scan_state = ScanState.Of(manifest), phase = manifest.Lifecycle.Phase, done = numbers.Done, expected = numbers.Expected, pixels = numbers.PixelsDone, best_fit = numbers.BestFit, failure = manifest.Lifecycle.Failure };
    }
}
