namespace SkyDriver.Apps.Tests.Fakes;

/// <summary>Waits for what another process does, which no clock of ours can hurry.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(15);

    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using CancellationTokenSource deadline = new(Deadline);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested) Assert.Fail($"It did not happen within {Deadline.TotalSeconds} s: {what}.");
            await Task.Delay(Between);
        }
    }
}
