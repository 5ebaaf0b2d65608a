namespace SkyDriver.Components.Tests;

internal static class Wait
{
    public static Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);

    /// <summary>Asks again and again, for a minute at most.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (!await holds())
        {
            if (DateTime.UtcNow > limit) Assert.Fail($"Not within a minute: {what}.");
            await Task.Delay(10);
        }
    }
}
