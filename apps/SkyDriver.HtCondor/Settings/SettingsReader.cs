using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Settings;

/// <summary>From metadata to settings.</summary>
internal sealed class SettingsReader
{
    private const int Day = 86_400;
    private const string NameForm = "letters, digits, '.', '_' and '-', at most 63, the first a letter or digit";
    private const string GroupForm = "letters, digits, '.', '_', '-' and '@'";
    private const string PathForm = "an absolute path of letters, digits and . _ / : @ + ~ % -";

    private readonly MetadataReader _metadata;

    private SettingsReader(IEnumerable<KeyValuePair<string, string>> properties) => _metadata = new(properties);

    /// <exception cref="FormatException">Settings are missing or wrong; the message lists all of them.</exception>
    public static LauncherSettings Read(IEnumerable<KeyValuePair<string, string>> properties)
    {
        SettingsReader reader = new(properties);
        LauncherSettings settings = reader.Read();
        reader._metadata.ThrowIfFaulty();
        return settings;
    }

    private LauncherSettings Read()
    {
        string instance = _metadata.Text("instance", SettingsText.IsName, NameForm, isRequired: true) ?? "";
        JobTemplate template = Template();
        return new(
            instance,
            _metadata.Text("toolsFolder", SettingsText.IsPath, PathForm),
            _metadata.Text("stateFolder", SettingsText.IsPath, PathForm) ?? "/var/lib/skydriver-htcondor",
            _metadata.Seconds("toolTimeout", 30, 3600),
            _metadata.Seconds("submitTimeout", 120, 3600),
            _metadata.Seconds("settleTime", 5, 600),
            _metadata.Seconds("historyTime", Day, 366 * Day),
            _metadata.Number("historyScanLimit", 20_000, 1, 100_000_000),
            Places(instance, template));
    }

    private JobTemplate Template()
    {
        JobResources defaults = new(
            _metadata.Number("cpus", 1, 1, RequestLimits.MostCpus),
            _metadata.Bytes("memoryBytes", 8_000_000_000),
            _metadata.Bytes("diskBytes", 1_000_000_000),
            _metadata.Text("image", SettingsText.IsImage, "an image's name or path"),
            _metadata.Text("maxRunSeconds") is null ? null : _metadata.Number("maxRunSeconds", Day, 60, RequestLimits.MostSeconds),
            _metadata.Number("priority", 0, -RequestLimits.MostPriority, RequestLimits.MostPriority));
        return new(
            Command(),
            _metadata.Variables("environment", _metadata.Document<Dictionary<string, string?>>("environment", "a JSON object of texts")),
            defaults,
            _metadata.Text("universe", IsUniverse, "container or vanilla") is not "vanilla",
            _metadata.Number("maxRetries", 2, 0, 100),
            _metadata.Number("maxStarts", 10, 1, 1000),
            _metadata.Number("stopSeconds", 60, 1, 3600),
            _metadata.Number("maxHeldSeconds", 3600, 60, RequestLimits.MostSeconds),
            _metadata.Number("maxPendingSeconds", 7 * Day, 60, RequestLimits.MostSeconds),
            _metadata.Expression("requirements", _metadata.Text("requirements")),
            _metadata.Text("accountingGroup", SettingsText.IsGroup, GroupForm),
            _metadata.Text("accountingGroupUser", SettingsText.IsGroup, GroupForm),
            TransferFiles(),
            _metadata.Lines("extraLines", _metadata.Document<List<string?>>("extraLines", "a JSON list of texts 'name = value'")));
    }

    private string[] Command()
    {
        const string form = "a JSON list of texts, the program first, such as [\"skydriver-worker\"]";
        if (_metadata.Text("command") is null) _metadata.Faults.Add($"command must be given: {form}");
        string?[] command = _metadata.Document<string?[]>("command", form) ?? [];
        if (_metadata.Text("command") is not null && (command.Length == 0 || string.IsNullOrEmpty(command[0]) || command.Contains(null))) _metadata.Faults.Add($"command must be {form}");
        string[] parts = [.. command.OfType<string>()];
        foreach (string part in parts)
        {
            if (SubmitText.FaultOf(part) is { } fault) _metadata.Faults.Add($"command's '{part}' {fault}");
        }

        return parts;
    }

    private string[] TransferFiles()
    {
        string?[] files = _metadata.Document<string?[]>("transferFiles", "a JSON list of absolute paths") ?? [];
        foreach (string? file in files.Where(f => f is null || !SettingsText.IsPath(f))) _metadata.Faults.Add($"transferFiles names '{file}'; give {PathForm}");
        return [.. files.OfType<string>()];
    }

    private List<PlaceSettings> Places(string instance, JobTemplate template)
    {
        const string form = "a JSON object of places, such as {\"sub-2\": {\"collector\": \"cm.example.org\", \"schedd\": \"sub-2.example.org\"}}";
        var documents = _metadata.Document<Dictionary<string, PlaceDocument?>>("places", form);
        if (documents is not { Count: > 0 } && _metadata.Faults.TrueForAll(f => !f.StartsWith("places ", StringComparison.Ordinal))) _metadata.Faults.Add($"places must be given: {form}");
        List<PlaceSettings> places = [];
        foreach ((string name, PlaceDocument? document) in documents ?? [])
        {
            if (!SettingsText.IsName(name)) _metadata.Faults.Add($"places names '{name}'; give {NameForm}");
            else if (document is null) _metadata.Faults.Add($"places gives '{name}' no JSON object; {{}} is the schedd of this machine");
            else places.Add(Place(name, instance, document, template));
        }

        return places;
    }

    private PlaceSettings Place(string name, string instance, PlaceDocument given, JobTemplate template)
    {
        bool isRemote = given.Schedd is not null;
        string? token = Token(name, given);
        Judge(name, "collector", given.Collector, SettingsText.IsHost, "a host, with ':port' where needed");
        Judge(name, "schedd", given.Schedd, SettingsText.IsSchedd, "the name of a schedd, such as sub-2.example.org");
        Judge(name, "condor_config", given.CondorConfig, p => p == "ONLY_ENV" || SettingsText.IsPath(p), PathForm + ", or ONLY_ENV");
        string owner = given.Owner ?? (token is null ? null : IdentityToken.User(token)) ?? Environment.UserName;
        Judge(name, "owner", owner, SettingsText.IsOwner, "the user that the jobs belong to, without domain");
        bool spool = given.Spool ?? isRemote;
        if (given.EventLog is true && spool) _metadata.Faults.Add($"place '{name}' has event_log, but the log of spooled jobs stays with the schedd; set spool to false or leave event_log out");
        int maxJobs = given.MaxJobs ?? 10_000;
        if (maxJobs is < 1 or > RequestLimits.MostJobs) _metadata.Faults.Add($"place '{name}' has max_jobs {maxJobs}; give a number from 1 to {RequestLimits.MostJobs}");
        return new(name, instance, given.Collector, given.Schedd, owner, token, spool, given.EventLog ?? false, maxJobs, given.CondorConfig, Configuration(name, given), Adapt(name, given, template));
    }

    private JobTemplate Adapt(string name, PlaceDocument given, JobTemplate template)
    {
        Judge(name, "universe", given.Universe, IsUniverse, "container or vanilla");
        Judge(name, "accounting_group", given.AccountingGroup, SettingsText.IsGroup, GroupForm);
        Judge(name, "accounting_group_user", given.AccountingGroupUser, SettingsText.IsGroup, GroupForm);
        return template with
        {
            UsesContainerUniverse = given.Universe is null ? template.UsesContainerUniverse : given.Universe == "container",
            Requirements = _metadata.Expression($"place '{name}' requirements", given.Requirements) ?? template.Requirements,
            AccountingGroup = given.AccountingGroup ?? template.AccountingGroup,
            AccountingGroupUser = given.AccountingGroupUser ?? template.AccountingGroupUser,
            Environment = given.Environment is null ? template.Environment : _metadata.Variables($"place '{name}' environment", given.Environment),
            ExtraLines = given.ExtraLines is null ? template.ExtraLines : _metadata.Lines($"place '{name}' extra_lines", given.ExtraLines),
        };
    }

    private string? Token(string place, PlaceDocument given)
    {
        if (given.TokenProperty is not { } property) return null;
        string? token = _metadata.Text(property)?.Trim();
        // What a token is stays out of the message.
        if (token is null) _metadata.Faults.Add($"place '{place}' takes its token from the metadata item '{property}', which is not there or empty; add it with a secretKeyRef");
        else if (!IdentityToken.IsOne(token)) _metadata.Faults.Add($"the metadata item '{property}' holds no token for place '{place}'; it must be one line of three parts with dots between");
        return token;
    }

    private Dictionary<string, string> Configuration(string place, PlaceDocument given)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in given.Config ?? [])
        {
            if (!SettingsText.IsConfigurationName(name)) _metadata.Faults.Add($"place '{place}' config names '{name}'; give a setting of HTCondor in capitals");
            else if (value is null || value.Any(char.IsControl)) _metadata.Faults.Add($"place '{place}' config '{name}' is no text of one line");
            else settings[name] = value;
        }

        return settings;
    }

    private void Judge(string place, string member, string? value, Func<string, bool> isOne, string form)
    {
        if (value is not null && !isOne(value)) _metadata.Faults.Add($"place '{place}' has {member} '{value}'; give {form}");
    }

    private static bool IsUniverse(string text) => text is "container" or "vanilla";
}
