from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hsm", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RewrapProgress",
            fields=[
                ("table", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("targets", models.CharField(max_length=200)),
                ("last_key", models.CharField(max_length=64)),
                ("rows_read", models.BigIntegerField()),
                ("is_read", models.BooleanField(default=False)),
            ],
        ),
    ]
