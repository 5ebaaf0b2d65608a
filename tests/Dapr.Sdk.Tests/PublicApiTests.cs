using System.Reflection;
using System.Text;
using Dapr.Client;

namespace Dapr.Sdk.Tests;

/// <summary>The public surface is a promise: apps must compile against the official packages too.</summary>
public sealed partial class PublicApiTests
{
    private static readonly BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Sdk = typeof(DaprClient).Assembly;

    [Fact]
    public void Surface_Types_MatchTheCheckedInTable()
    {
        string table = Path.Combine(TestPaths.Repository, "libs", "Dapr.Sdk", "PublicApi.txt");
        string actual = Describe();
        string expected = File.Exists(table) ? File.ReadAllText(table) : "";
        if (actual == expected) return;
        string proposal = Path.Combine(AppContext.BaseDirectory, "PublicApi.txt");
        File.WriteAllText(proposal, actual);
        string first = actual.Split('\n').Except(expected.Split('\n')).Concat(expected.Split('\n').Except(actual.Split('\n'))).FirstOrDefault("order");
        Assert.Fail($"The public surface differs from {table}, first at: {first}\nIf that is meant, and the official packages have it too, copy {proposal} over it.");
    }

    /// <summary>Every public name is one the official packages are known to have, and every name they promise is here.</summary>
    [Fact]
    public void Surface_Names_AreThoseOfTheOfficialTable()
    {
        var official = OfficialSurface.Load();
        Assert.Empty(official.WithoutReason);
        var ours = Sdk.GetExportedTypes().GroupBy(TypeName).ToDictionary(g => g.Key, g => g.SelectMany(MemberNames).Distinct().Order(StringComparer.Ordinal).ToArray());
        string[] types = [.. official.Types.Union(ours.Keys).Order(StringComparer.Ordinal)];
        string[] faults = [.. types.SelectMany(t => Difference(t, official.Members(t), ours.GetValueOrDefault(t) ?? []))];
        Assert.True(faults.Length == 0, "tests/Dapr.Sdk.Tests/OfficialSurface.txt and the public surface differ:\n" + string.Join('\n', faults));
        Assert.Equal(ours.Keys.Order(StringComparer.Ordinal), official.Types.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Surface_Signatures_MentionNothingOfOurs()
    {
        var namespaces = Sdk.GetExportedTypes().Select(t => t.Namespace ?? "").Distinct();
        Assert.All(namespaces, n => Assert.True(n is "Dapr" || n.StartsWith("Dapr.") || n.StartsWith("Microsoft."), n));
        Assert.DoesNotContain("SkyDriver", Describe());
    }

    [Fact]
    public void Surface_OfficialTypes_AreWhereTheyBelong() => Assert.All(
        (string[])
        [
            "Dapr.Client.DaprClient", "Dapr.Actors.Runtime.Actor", "Dapr.Actors.Client.ActorProxy", "Dapr.Workflow.DaprWorkflowClient",
            "Dapr.AspNetCore.BulkSubscribeMessage`1", "Microsoft.AspNetCore.Builder.DaprApplicationBuilderExtensions",
            "Microsoft.Extensions.DependencyInjection.DaprServiceCollectionExtensions",
        ],
        name => Assert.NotNull(Sdk.GetType(name)));

    private static IEnumerable<string> Difference(string type, IReadOnlyList<string> official, IReadOnlyList<string> ours) =>
        ours.Except(official).Select(m => $"only here: {type}.{m}").Concat(official.Except(ours).Select(m => $"only official: {type}.{m}"));

    private static string TypeName(Type type) => type.FullName!.Split('`')[0];

    private static IEnumerable<string> MemberNames(Type type) =>
        typeof(Delegate).IsAssignableFrom(type) ? [".ctor", "Invoke"] : Members(type).Select(MemberName);

    /// <summary>The name in a line of the surface: what stands before arguments, accessors or a value.</summary>
    private static string MemberName(string line)
    {
        string text = Generic().Replace(Generic().Replace(Generic().Replace(line, ""), ""), "");
        string name = text.Split('(', '{', '=')[0].TrimEnd().Split(' ')[^1];
        return name == "ctor" ? ".ctor" : name;
    }

    [System.Text.RegularExpressions.GeneratedRegex("<[^<>]*>")]
    private static partial System.Text.RegularExpressions.Regex Generic();

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var type in Sdk.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            string bases = string.Join(", ", Bases(type));
            text.Append(Kind(type)).Append(' ').Append(Name(type)).Append(bases.Length > 0 ? " : " + bases : "").Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal)) text.Append("    ").Append(member).Append('\n');
        }

        return text.ToString();
    }

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : (type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + "class";

    private static IEnumerable<string> Bases(Type type)
    {
        if (type.IsEnum || typeof(Delegate).IsAssignableFrom(type)) yield break;
        if (type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType)) yield return Name(b);
        foreach (string i in type.GetInterfaces().Where(i => i.IsPublic && !i.FullName!.StartsWith("System.IEquatable")).Select(Name).Order(StringComparer.Ordinal)) yield return i;
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum) return Enum.GetNames(type).Select(n => $"{n} = {Convert.ToInt32(Enum.Parse(type, n))}");
        if (typeof(Delegate).IsAssignableFrom(type)) return [Method(type.GetMethod("Invoke")!)];
        return type.GetConstructors(Declared).Where(Visible).Select(c => $"ctor({Parameters(c)})")
            .Concat(type.GetProperties(Declared).Where(p => p.GetAccessors(true).Any(Visible)).Select(Property))
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily).Select(f => $"{Name(f.FieldType)} {f.Name}"))
            .Concat(type.GetMethods(Declared).Where(m => Visible(m) && !Generated(m)).Select(Method));
    }

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>Accessors, and what records bring along.</summary>
    private static bool Generated(MethodInfo method) =>
        (method.IsSpecialName && !method.Name.StartsWith("op_"))
        || method.Name is "<Clone>$" or "PrintMembers" or "Deconstruct" or "ToString" or "GetHashCode" or "Equals"
        || method.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute));

    private static string Property(PropertyInfo property)
    {
        string get = property.GetMethod is { } g && Visible(g) ? "get; " : "";
        string set = property.SetMethod is { } s && Visible(s) ? (s.IsFamily ? "protected set; " : "set; ") : "";
        return $"{Modifier(property.GetAccessors(true)[0])}{Name(property.PropertyType)} {property.Name} {{ {get}{set}}}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        return $"{Modifier(method)}{Name(method.ReturnType)} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Modifier(MethodBase method) =>
        (method.IsFamily ? "protected " : "") + (method.IsStatic ? "static " : method.DeclaringType!.IsInterface ? ""
            : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.Position == 0 && method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute)) ? "this " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? $" = {p.RawDefaultValue ?? "default"}" : "")}"));

    private static string Name(Type type)
    {
        if (type.IsGenericParameter) return type.Name;
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } value) return Name(value) + "?";
        string name = type.Namespace is "System" or "System.Threading.Tasks" or "System.Collections.Generic" or "System.Threading" ? type.Name : type.FullName ?? $"{type.Namespace}.{type.Name}";
        int tick = name.IndexOf('`');
        return tick < 0 ? name : $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
