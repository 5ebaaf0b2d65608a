using Microsoft.Extensions.Configuration;
using SkyDriver.Hosting;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>Where workers may be, and which launcher starts them there.</summary>
public sealed class WorkerPlacesTests
{
    [Theory]
    [InlineData("a=b=c", "has 'a=b=c'")]
    [InlineData("a a=b", "names 'a' twice")]
    [InlineData("a=", "has 'a='")]
    [InlineData("a;rm", "has 'a;rm'")]
    public void Places_Wrong_AreRefusedWithTheRemedy(string setting, string fault)
    {
        SettingsException faults = Assert.Throws<SettingsException>(() => Places(setting));
        Assert.Contains("SKYDRIVER_CLUSTERS " + fault, Assert.Single(faults.Faults));
    }

    [Fact]
    public void Places_AreReadAlikeByEveryService()
    {
        Settings settings = new(new ConfigurationBuilder().AddInMemoryCollection([new("SKYDRIVER_CLUSTERS", "sub-2=htcondor sub-3=htcondor, local")]).Build());
        Assert.Equal(["sub-2", "sub-3", "local"], SkyDriver.Api.ApiOptions.Read(settings).Clusters);
        Assert.Equal(["htcondor", "htcondor", "local", "gone"], new[] { "sub-2", "sub-3", "local", "gone" }.Select(WorkerPlaces.Read(settings).LauncherOf));
        settings.ThrowIfFaulty();
    }

    internal static WorkerPlaces Places(string setting)
    {
        Settings settings = new(new ConfigurationBuilder().AddInMemoryCollection([new("SKYDRIVER_CLUSTERS", setting)]).Build());
        WorkerPlaces read = WorkerPlaces.Read(settings);
        settings.ThrowIfFaulty();
        return read;
    }
}
