using System.Text;
using SkyDriver.HtCondor.Settings;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.HtCondor.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void Read_NothingGiven_AsksForAllThatIsNeeded()
    {
        FormatException fault = Assert.Throws<FormatException>(() => SettingsReader.Read([]));
        foreach (string name in new[] { "instance must be given", "command must be given", "places must be given" }) Assert.Contains(name, fault.Message);
    }

    [Fact]
    public void Read_EverythingWrong_SaysAllAtOnce()
    {
        FormatException fault = Assert.Throws<FormatException>(() => SettingsReader.Read(new Dictionary<string, string>
        {
            ["instance"] = "a b",
            ["command"] = """["worker", "$$(Arch)"]""",
            ["stateFolder"] = "/a/../b",
            ["toolsFolder"] = "bin",
            ["environment"] = """{"A B": "x", "C": null, "D": "1\n2"}""",
            ["image"] = "a b",
            ["universe"] = "docker",
            ["toolTimeout"] = "NaN",
            ["memoryBytes"] = "8GB",
            ["requirements"] = "has_avx) || (true",
            ["accountingGroup"] = "g\nqueue",
            ["transferFiles"] = """["relative", "/a,b"]""",
            ["extraLines"] = """["queue 5", "+SkyDriverKey = \"x\"", "getenv = true", "x", "nice = a\\"]""",
            ["places"] = """{"-x": {}, "p": {"collector": "-name", "schedd": "a b", "owner": "x y", "max_jobs": 0, "condor_config": "x", "universe": "u", "token": "secret", "config": {"a": "b"}, "requirements": "$(X)"}}""",
        }));
        foreach (string part in new[]
        {
            "instance is 'a b'", "command's '$$(Arch)' has '$$'", "stateFolder is", "toolsFolder is", "'A B', which is no variable", "'C' no text", "'D' has a control character", "image is 'a b'",
            "universe is 'docker'", "toolTimeout is 'NaN'", "memoryBytes is '8GB'", "requirements has brackets", "accountingGroup is", "'relative'", "'/a,b'", "'queue 5' is no 'name = value'",
            "sets an attribute of the launcher", "'getenv', which the launcher writes itself", "'x' is no 'name = value'", "ends with '\\'", "'-x'", "collector '-name'", "schedd 'a b'", "owner 'x y'",
            "max_jobs 0", "condor_config 'x'", "universe 'u'", "metadata item 'secret'", "config names 'a'", "macro other than",
        })
        {
            Assert.Contains(part, fault.Message);
        }
    }

    [Theory]
    [InlineData("places", "[]", "cannot be read")]
    [InlineData("places", "{}", "must be given")]
    [InlineData("places", """{"p": null}""", "no JSON object")]
    [InlineData("places", """{"p": {"sched": "typo"}}""", "cannot be read")]
    [InlineData("command", "worker", "cannot be read")]
    [InlineData("command", "[]", "must be")]
    [InlineData("command", "[\"\"]", "must be")]
    [InlineData("extraLines", """["include : id |"]""", "is no")]
    [InlineData("extraLines", """["a = $ENV(HOME)"]""", "macro")]
    [InlineData("extraLines", """["+Env = \"x\""]""", "writes itself")]
    [InlineData("extraLines", """["My.SkyDriverInstance = \"x\""]""", "attribute of the launcher")]
    [InlineData("extraLines", """["a @= b"]""", "no submit command")]
    public void Read_OneWrong_SaysWhich(string name, string value, string part)
    {
        Dictionary<string, string> metadata = new() { ["instance"] = "i", ["command"] = "[\"w\"]", ["places"] = """{"p": {}}""", [name] = value };
        string message = Assert.Throws<FormatException>(() => SettingsReader.Read(metadata)).Message;
        Assert.Contains(name, message);
        Assert.Contains(part, message);
    }

    [Fact]
    public void Read_Token_SaysWhoseJobsTheyAre()
    {
        string token = Token("""{"sub": "icecube@pool.example", "iss": "x"}""");
        PlaceSettings place = Read("""{"p": {"schedd": "s.example", "token": "token-p"}}""", ("token-p", token + "\n"));
        Assert.Equal(("icecube", token, true), (place.Owner, place.Token, place.Spool));
        Assert.Equal("other", Read("""{"p": {"owner": "other", "token": "token-p"}}""", ("token-p", token)).Owner);
        Assert.Equal((Environment.UserName, false), (Read("""{"p": {}}""").Owner, Read("""{"p": {}}""").Spool));
    }

    [Theory]
    [InlineData("secretword")]
    [InlineData("a.b")]
    [InlineData("a.b.c\nd")]
    public void Read_NoToken_IsRefusedWithoutShowingIt(string token)
    {
        string message = Assert.Throws<FormatException>(() => Read("""{"p": {"token": "token-p"}}""", ("token-p", token))).Message;
        Assert.Contains("'token-p' holds no token", message);
        Assert.DoesNotContain(token, message);
    }

    [Fact]
    public void Read_PlaceWithValuesOfItsOwn_KeepsTheOthers()
    {
        LauncherSettings settings = SettingsReader.Read(new Dictionary<string, string>
        {
            ["instance"] = "i",
            ["command"] = "[\"w\"]",
            ["universe"] = "vanilla",
            ["requirements"] = "has_avx",
            ["accountingGroup"] = "g",
            ["maxRunSeconds"] = "3600",
            ["places"] = """{"a": {}, "b": {"universe": "container", "requirements": "true", "extra_lines": ["+X = 1"], "environment": {"E": "1"}, "event_log": true, "config": {"SEC_CLIENT_AUTHENTICATION_METHODS": "IDTOKENS"}}}""",
        });
        JobTemplate a = settings.Places[0].Template, b = settings.Places[1].Template;
        Assert.Equal((false, "has_avx", 0, 0), (a.UsesContainerUniverse, a.Requirements, a.ExtraLines.Count, a.Environment.Count));
        Assert.Equal((true, "true", 1, 1), (b.UsesContainerUniverse, b.Requirements, b.ExtraLines.Count, b.Environment.Count));
        Assert.Equal(("g", 3600, "IDTOKENS", true), (b.AccountingGroup, b.Defaults.MaxRunSeconds, settings.Places[1].Configuration["SEC_CLIENT_AUTHENTICATION_METHODS"], settings.Places[1].ReadsEventLog));
    }

    [Fact]
    public void Read_EventLogOfSpooledJobs_IsRefused() => Assert.Contains("event_log", Assert.Throws<FormatException>(() => Read("""{"p": {"schedd": "s", "event_log": true}}""")).Message);

    /// <summary>The component as it is delivered, with a token where it takes one from a secret store.</summary>
    [Fact]
    public void Read_DeliveredComponent_IsComplete()
    {
        YamlStream yaml = [];
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(TestPaths.Repository, "components", "production", "workers-htcondor", "workers-htcondor.yaml"))));
        YamlNode spec = yaml.Documents[0].RootNode["spec"];
        Assert.Equal("bindings.htcondor", (string?)spec["type"]);
        Dictionary<string, string> metadata = ((YamlSequenceNode)spec["metadata"]).ToDictionary(
            item => (string)item["name"]!,
            item => ((YamlMappingNode)item).Children.TryGetValue("value", out YamlNode? value) ? (string)value! : Token("""{"sub": "icecube@pool"}"""));
        LauncherSettings settings = SettingsReader.Read(metadata);
        Assert.Equal([("sub-2", true, "icecube"), ("sub-3", false, "icecube")], settings.Places.Select(p => (p.Name, p.Template.UsesContainerUniverse, p.Owner)));
    }

    internal static string Token(string body) => $"e30.{Convert.ToBase64String(Encoding.UTF8.GetBytes(body)).TrimEnd('=').Replace('+', '-').Replace('/', '_')}.c2ln";

    private static PlaceSettings Read(string places, params (string Name, string Value)[] more)
    {
        Dictionary<string, string> metadata = new() { ["instance"] = "i", ["command"] = "[\"w\"]", ["places"] = places };
        foreach ((string name, string value) in more) metadata[name] = value;
        return SettingsReader.Read(metadata).Places.Single();
    }
}
