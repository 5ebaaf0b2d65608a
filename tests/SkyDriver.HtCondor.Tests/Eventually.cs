namespace SkyDriver.HtCondor.Tests;

internal static class Eventually
{
    public static Task IsTrueAsync(Func<bool> holds, string what) => IsTrueAsync(() => Task.FromResult(holds()), what);

    /// <summary>Asks again and again, for a minute at most.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> holds, string what)
    {
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (!await holds())
        {
            if (DateTime.UtcNow > limit) Assert.Fail($"Not within a minute: {what}.");
            await Task.Delay(20);
        }
    }
}
