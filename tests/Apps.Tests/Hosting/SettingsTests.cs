using Microsoft.Extensions.Configuration;
using SkyDriver.Hosting;
using SkyDriver.Scanner;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Hosting;

public class SettingsTests
{
    [Fact]
    public void Worker_NothingRight_TellsEveryFault()
    {
        Settings settings = Given(("SKYDRIVER_API", "somewhere"), ("SKYDRIVER_WORKER_SLOTS", "0"), ("SKYDRIVER_CRASH_PROBABILITY", "1.5"), ("SKYDRIVER_EVENT_TIMEOUT", "soon"));
        WorkerOptions.Read(settings);
        SettingsException faults = Assert.Throws<SettingsException>(settings.ThrowIfFaulty);
        Assert.Equal(5, faults.Faults.Count);
        Assert.Contains(faults.Faults, f => f.Contains("SKYDRIVER_API is 'somewhere'; give an address", StringComparison.Ordinal));
        Assert.Contains(faults.Faults, f => f.Contains("SKYDRIVER_SCAN_ID is not set", StringComparison.Ordinal));
        Assert.Contains(faults.Faults, f => f.Contains("SKYDRIVER_WORKER_SLOTS is '0'; give a whole number from 1 to 256.", StringComparison.Ordinal));
    }

    [Fact]
    public void Worker_Environment_IsRead()
    {
        Settings settings = Given(("SKYDRIVER_API", "http://h:8080"), ("SKYDRIVER_SCAN_ID", "s"), ("SKYDRIVER_WORKER_ID", "w"), ("SKYDRIVER_DUMMY_DELAY", "20ms"));
        WorkerOptions options = WorkerOptions.Read(settings);
        settings.ThrowIfFaulty();
        Assert.Equal(("s", "w", 1, TimeSpan.FromMilliseconds(20)), (options.ScanId, options.WorkerId, options.Slots, options.Reco.DummyDelay!.Value));
    }

    [Fact]
    public void Scanner_NothingSet_HasDefaults()
    {
        Settings settings = Given();
        Assert.Equal(new ScannerOptions(), ScannerOptions.Read(settings));
        settings.ThrowIfFaulty();
    }

    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("30", 30)]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2 h", 7200)]
    public void Duration_WithUnit_IsRead(string text, double seconds)
    {
        Settings settings = Given(("X", text));
        Assert.Equal(TimeSpan.FromSeconds(seconds), settings.Duration("X", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1)));
        settings.ThrowIfFaulty();
    }

    [Theory]
    [InlineData("-1s")]
    [InlineData("1d")]
    [InlineData("s")]
    [InlineData("NaN")]
    [InlineData("1e300h")]
    [InlineData("25h")]
    public void Duration_Wrong_IsAFault(string text)
    {
        Settings settings = Given(("X", text));
        settings.Duration("X", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1));
        Assert.Throws<SettingsException>(settings.ThrowIfFaulty);
    }

    private static Settings Given(params (string Name, string Value)[] values) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Name, (string?)v.Value))).Build());
}
