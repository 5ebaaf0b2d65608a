using System.Globalization;

namespace SkyDriver.Sidecar.Resources;

/// <summary>A component as one app gets it: tags replaced, secrets and variables looked up.</summary>
/// <param name="Type">Such as <c>state.sqlite</c>, in lower case.</param>
/// <param name="Source">File (and document) it was read from, for messages and to tell equal names apart.</param>
/// <param name="Properties">Metadata by name, in any case.</param>
internal sealed record ComponentSpec(
    string Name, string Type, string Version, string Source, bool IgnoreErrors, TimeSpan InitTimeout, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>What a pluggable component's process knows it by; differs from the name only where apps of one host have a component of
    /// one name with different values.</summary>
    public string Instance { get; init; } = Name;

    /// <summary>The part of the type before the first dot: <c>state</c>, <c>pubsub</c>, <c>bindings</c>, <c>secretstores</c> …</summary>
    public string Block => Type.Split('.', 2)[0];

    public string? Value(string name) => Properties.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <exception cref="ResourceException">The field is missing.</exception>
    public string Required(string name) => Value(name) ?? throw new ResourceException($"{Source}: component {Name} ({Type}) needs metadata '{name}'.");

    /// <exception cref="ResourceException">The value is neither true nor false.</exception>
    public bool Flag(string name) => Value(name)?.ToLowerInvariant() switch
    {
        null or "false" or "no" or "n" or "off" or "0" => false,
        "true" or "yes" or "y" or "on" or "1" => true,
        _ => throw Fault(name, Value(name)!, "use true or false"),
    };

    /// <exception cref="ResourceException">The value is no number in the range.</exception>
    public int Number(string name, int fallback, int least, int most)
    {
        if (Value(name) is not { } text) return fallback;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw Fault(name, text, $"use a whole number from {least} to {most}");
    }

    /// <exception cref="ResourceException">The value is no duration.</exception>
    public TimeSpan? Duration(string name)
    {
        if (Value(name) is not { } text) return null;
        return GoDuration.TryParse(text, out TimeSpan duration) ? duration : throw Fault(name, text, "use a duration such as 500ms or 2s");
    }

    public ResourceException Fault(string name, string value, string remedy) =>
        new($"{Source}: component {Name} ({Type}): metadata '{name}' is '{value}'; {remedy}.");

    /// <param name="known">The types there are, for the message.</param>
    public ResourceException UnknownType(string known) =>
        new($"{Source}: component {Name} has type {Type}, which this sidecar does not know; it knows {known}.");
}
