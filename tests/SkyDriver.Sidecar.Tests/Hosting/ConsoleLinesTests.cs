using System.Text.Json;
using Microsoft.Extensions.Logging;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Hosting;

public sealed class ConsoleLinesTests
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(LogLevel.Information, "info: dapr.api: a «b» c\n")]
    [InlineData(LogLevel.Error, "fail: dapr.api: a «b» c\n")]
    public void Text_Message_IsOneLineWithLevelAndCategory(LogLevel level, string expected)
    {
        Log(json: false).Log(level, "a {What}\nc", "«b»");
        Assert.Equal(expected, _output.ToString());
    }

    [Fact]
    public void Text_Exception_StandsBehindTheMessageOnTheSameLine()
    {
        Log(json: false).LogCritical(new InvalidOperationException("one\ntwo"), "It failed.");
        Assert.Equal("crit: dapr.api: It failed. System.InvalidOperationException: one two\n", _output.ToString());
    }

    [Fact]
    public void Json_Message_HasTheFieldsOfDaprd()
    {
        Log(json: true).LogWarning(new IOException("broken"), "a \"{What}\"\nc", "<b>");
        string line = _output.ToString();
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        JsonElement told = JsonDocument.Parse(line).RootElement;
        Assert.Equal(
            (_clock.GetUtcNow(), "warning", "log", "dapr.api", "a \"<b>\"\nc"),
            (told.GetProperty("time").GetDateTimeOffset(), told.GetProperty("level").GetString(), told.GetProperty("type").GetString(), told.GetProperty("scope").GetString(), told.GetProperty("msg").GetString()));
        Assert.Contains("broken", told.GetProperty("error").GetString());
    }

    private ILogger Log(bool json) => new ConsoleLines(_output, json, _clock).CreateLogger("dapr.api");
}
