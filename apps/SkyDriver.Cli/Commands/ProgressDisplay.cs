using SkyDriver.Client;
using SkyDriver.Contracts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SkyDriver.Cli.Commands;

/// <summary>Follows a watched scan on the error output: a live bar on a terminal, elsewhere a line for each thing that happens and one now and then.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    /// <param name="onLook">Called before each look is shown; what it throws ends the watch.</param>
    /// <returns>The last manifest seen.</returns>
    public static Task<ScanManifest> ShowAsync(IAsyncEnumerable<ScanSight> sights, Action? onLook = null)
    {
        ProgressMeter meter = new(TimeProvider.System);
        if (Console.IsErrorRedirected) return FollowAsync(sights, Lines(meter), onLook);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), Interactive = InteractionSupport.Detect });
        return console.Live(new Text("")).AutoClear(true).StartAsync(context => FollowAsync(sights, sight => context.UpdateTarget(Bar(sight, meter)), onLook));
    }

    public static async Task<ScanManifest> FollowAsync(IAsyncEnumerable<ScanSight> sights, Action<ScanSight> show, Action? onLook = null)
    {
        ScanManifest? last = null;
        await foreach (ScanSight sight in sights)
        {
            onLook?.Invoke();
            last = sight.Manifest ?? last;
            show(sight);
        }

        return last!;
    }

    private static IRenderable Bar(ScanSight sight, ProgressMeter meter)
    {
        IRenderable bar = sight.Manifest is { } known ? meter.Bar(ScanNumbers.Of(known)) : new Text("");
        return sight.Lost is { } lost ? new Rows(bar, new Text(Lost(lost))) : bar;
    }

    private static Action<ScanSight> Lines(ProgressMeter meter)
    {
        long start = TimeProvider.System.GetTimestamp();
        TimeSpan next = TimeSpan.Zero;
        bool wasLost = false;
        return sight =>
        {
            foreach (ScanEvent item in sight.News.Where(n => n.Event is { Kind: ScanEventKind.Phase })) Console.Error.WriteLine($"{Output.Time(item.Event!.Timestamp)} {item.Event.Phase} {item.Event.Message}".TrimEnd());
            bool isLost = sight.Lost is not null;
            TimeSpan now = TimeProvider.System.GetElapsedTime(start);
            if (isLost == wasLost && now < next) return;
            (next, wasLost) = (now + LineEvery, isLost);
            Console.Error.WriteLine(sight.Lost is { } lost ? Lost(lost) : meter.Line(ScanNumbers.Of(sight.Manifest!)));
        };
    }

    private static string Lost(SkyDriverException why) => $"connection lost, trying again: {why.Message}";
}
